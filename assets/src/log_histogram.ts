// The bars of the log: what is under the pointer is told in the reader's own time, and a drag is a time filter.

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const LEAST = 6

export function watchHistogram(): void {
  let tip: HTMLElement | undefined
  let span: HTMLElement | undefined
  let plot: HTMLElement | undefined
  let from = 0
  const forget = () => {
    tip?.remove()
    span?.remove()
    tip = span = undefined
  }

  document.addEventListener('pointermove', (event) => {
    if (plot) return draw(event)
    const bar = (event.target as Element).closest?.<SVGAElement>('[data-histogram] a')
    if (!bar) return forget()
    const title = bar.querySelector('title')
    if (title) {
      bar.setAttribute('aria-label', title.textContent ?? '')
      bar.dataset.said = title.textContent?.replace(/^.*?: /, '') ?? ''
      title.remove()
    }
    tip ??= document.body.appendChild(document.createElement('div'))
    tip.className = 'chart-tip'
    const when = document.createElement('b')
    when.textContent = moment.format(new Date(bar.dataset.from ?? ''))
    const lines = (bar.dataset.said ?? '').split(', ').map((said) => {
      const line = document.createElement('div')
      line.textContent = said
      return line
    })
    tip.replaceChildren(when, ...lines)
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`
  })

  document.addEventListener('pointerdown', (event) => {
    const found = (event.target as Element).closest<HTMLElement>('[data-histogram]')
    if (!found || event.button !== 0 || event.pointerType === 'touch') return
    event.preventDefault()
    plot = found
    from = event.clientX
  })

  function draw(event: PointerEvent): void {
    if (!plot || Math.abs(event.clientX - from) < LEAST) return
    tip?.remove()
    tip = undefined
    const box = plot.getBoundingClientRect()
    const [a, b] = [from, event.clientX].map((x) => Math.min(Math.max(x, box.left), box.right)).sort((x, y) => x - y)
    span ??= plot.appendChild(document.createElement('div'))
    span.className = 'span'
    span.style.left = `${a - box.left}px`
    span.style.width = `${b - a}px`
  }

  document.addEventListener('pointerup', (event) => {
    if (!plot) return
    const [box, data] = [plot.getBoundingClientRect(), plot.dataset]
    plot = undefined
    if (!span) return
    forget()
    const [start, end, step] = [Number(data.start), Number(data.end), Number(data.step)]
    const at = (x: number) => start + ((Math.min(Math.max(x, box.left), box.right) - box.left) / box.width) * (end - start)
    const [a, b] = [from, event.clientX].sort((x, y) => x - y).map(at)
    const url = new URL(location.href)
    for (const name of ['range', 'cursor', 'open']) url.searchParams.delete(name)
    url.searchParams.set('from', new Date(Math.floor(a / step) * step).toISOString())
    url.searchParams.set('to', new Date(Math.max(Math.ceil(b / step), Math.floor(a / step) + 1) * step).toISOString())
    location.assign(url)
    // The bar under the pointer is a link, too: it is not what was meant.
    addEventListener('click', (click) => click.preventDefault(), { capture: true, once: true })
  })
  document.addEventListener('dragstart', (event) => {
    if ((event.target as Element).closest?.('[data-histogram]')) event.preventDefault()
  })
}
