// Runs before the first paint: who wants the theme of the system gets it without a flash of the other one.
// A file of its own, for nothing may be inline; not a module, for those wait.
const root = document.documentElement
if (root.dataset.theme === 'system') {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => root.setAttribute('data-bs-theme', dark.matches ? 'dark' : 'light')
  follow()
  dark.addEventListener('change', follow)
}
