// The policy of the pages lets no text become markup or script by itself. The component library writes its media queries
// into style elements as inner HTML: text without a tag, which is all that passes here. Of scripts only the portal's own
// files may be run in a worker, as the one that reads definitions. Loaded before what draws.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy('default', {
    createHTML: function (text) {
      return text.includes('<') ? null : text
    },
    createScriptURL: function (address) {
      const url = new URL(address, location.origin)
      return url.origin === location.origin && url.pathname.startsWith('/assets/') ? url.href : null
    },
  })
}
