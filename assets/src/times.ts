// Times in the reader's own zone.

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const second = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const row = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' })
const tick = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })

/** Every `<time>` below *within* says the reader's own time; UTC is in its title. */
export function localise(within: ParentNode): void {
  for (const time of within.querySelectorAll<HTMLTimeElement>('time[datetime]:not([data-local])')) {
    const at = new Date(time.dateTime)
    if (Number.isNaN(at.valueOf())) continue
    time.dataset.local = ''
    time.title = `${time.dateTime.slice(0, 19).replace('T', ' ')} UTC`
    if (time.dataset.show !== 'as-is') {
      time.textContent = { clock, day, second, row, tick }[time.dataset.show ?? '']?.format(at) ?? local.format(at)
    }
  }
}
