// Rows of the log, as the scripts of the page find and fetch them.
import { localise } from './times'

export const list = () => document.querySelector<HTMLElement>('.log-list')
export const table = () => document.querySelector<HTMLTableElement>('.log-list table.log-rows')

/** The links of all messages that are shown, in their order. */
export const links = () => [...document.querySelectorAll<HTMLAnchorElement>('.log-list a[data-open]')]

/** What the server answers for *url*, a part of a page. Somebody who is signed out goes to where one signs in. */
export async function part(url: string, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(url, { headers: { 'HX-Request': 'true' }, signal })
  if (answer.status === 401) location.reload()
  return answer
}

/** *text* as elements of a table, with the reader's own times. */
export function rowsOf(text: string): DocumentFragment {
  const made = document.createElement('template')
  made.innerHTML = text
  localise(made.content)
  return made.content
}
