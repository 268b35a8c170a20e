// The fields From and To take the reader's own time, and send the same moment as the server knows it.

const two = (n: number) => String(n).padStart(2, '0')

/** *at* as a field of local time wants it. */
function local(at: Date): string {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

export function takeTimes(): void {
  const form = document.querySelector<HTMLFormElement>('form.searching')
  if (!form) return
  const kept = ['from', 'to'].flatMap((name) => {
    const field = form.querySelector<HTMLInputElement>(`input[name=${name}]`)
    if (!field) return []
    const given = field.value
    const at = new Date(given)
    const sent = form.appendChild(document.createElement('input'))
    Object.assign(sent, { type: 'hidden', name, value: given, disabled: !given })
    field.removeAttribute('name')
    field.value = ''
    field.type = 'datetime-local'
    const shown = (field.value = Number.isNaN(at.valueOf()) ? '' : local(at))
    return [{ field, sent, given, shown }]
  })
  form.addEventListener('submit', () => {
    for (const { field, sent, given, shown } of kept) {
      // What was not touched is sent as it came: a field of minutes would cut its seconds off.
      sent.value = field.value === shown ? given : field.value ? new Date(field.value).toISOString() : ''
      sent.disabled = !sent.value
    }
  })
}
