// Buttons that copy the text of another element. Where the browser does not let a page copy, they stay hidden, and the
// text is selected whole by a click.

/** Show the buttons below *within*, where copying works: over https, and on this machine. */
export function offerCopies(within: ParentNode): void {
  if (!navigator.clipboard) return
  for (const button of within.querySelectorAll<HTMLElement>('[data-copy]')) button.hidden = false
}

document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>('button[data-copy]')
  const text = button && document.getElementById(button.dataset.copy ?? '')?.textContent
  if (!button || !text) return
  const say = (words: string) => {
    button.textContent = words
    setTimeout(() => (button.textContent = 'Copy'), 2000)
  }
  navigator.clipboard.writeText(text).then(
    () => say('Copied'),
    () => say('Select it'),
  )
})
