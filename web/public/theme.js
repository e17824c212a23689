// Runs before the first paint, so that a dark page never flashes white and rows do not change their height. A file of its own:
// the policy allows no inline script. It reads the copies that src/lib/settings-store.ts keeps: of the person, else of the guest.
;(function () {
  var look = {}
  try {
    var kept = JSON.parse(localStorage.getItem('portico-settings'))
    if (!kept || !kept.owner) kept = JSON.parse(localStorage.getItem('portico-settings-guest'))
    look = (kept && kept.values['portico.appearance']) || look
  } catch {
    // Storage is closed (private window, policy), or holds something else: the system's theme is used.
  }
  var dark = look.theme === 'dark' || (look.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.mantineColorScheme = dark ? 'dark' : 'light'
  document.documentElement.dataset.density = look.density === 'compact' ? 'compact' : 'comfortable'
})()
