// The policy of the pages lets no text become markup or script by itself. The component library writes its media queries
// into style elements as inner HTML: text without a tag, which is all that passes here. Loaded before what draws.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy('default', {
    createHTML: function (text) {
      return text.includes('<') ? null : text
    },
  })
}
