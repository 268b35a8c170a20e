// The log page: what its histogram, its fields of time and its filters do with a script. Without one they are links and
// fields all the same.
import { watchHistogram } from './log_histogram'
import { startKeys } from './log_keys'
import { startPeek } from './log_peek'
import { startScroll } from './log_scroll'
import { startTail } from './log_tail'
import { takeTimes } from './log_times'

watchHistogram()
takeTimes()
startPeek()
startKeys()
startScroll()
startTail()

// On a narrow screen the filters would stand before every message: there they are folded until one asks for them.
const side = document.querySelector<HTMLDetailsElement>('.log-side')
const narrow = matchMedia('(max-width: 56rem)')
const fold = () => {
  if (side) side.open = !narrow.matches
}
narrow.addEventListener('change', fold)
fold()
