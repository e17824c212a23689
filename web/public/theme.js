// Runs before the first paint, so that a dark page never flashes white. A file of its own: the policy allows no inline script.
;(function () {
  var choice = null
  try {
    choice = localStorage.getItem('portico-theme')
  } catch {
    // Storage is closed (private window, policy): the system's theme is used.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.mantineColorScheme = dark ? 'dark' : 'light'
})()
