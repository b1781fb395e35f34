// Runs before the first paint; src/core/theme takes over from there and owns the key.
;(function () {
  var choice = 'auto'
  try {
    choice = localStorage.getItem('groundwork.theme') || 'auto'
  } catch {
    // Storage is blocked: the system's theme it is.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
})()
