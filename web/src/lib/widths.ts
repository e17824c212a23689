import { useSyncExternalStore } from 'react'

// As the style sheets have them: a phone, and a window without room for a column beside the page.
const phone = window.matchMedia('(max-width: 760px)')
const narrow = window.matchMedia('(max-width: 1199px)')

function following(width: MediaQueryList) {
  const subscribe = (listener: () => void) => {
    width.addEventListener('change', listener)
    return () => {
      width.removeEventListener('change', listener)
    }
  }
  return () => useSyncExternalStore(subscribe, () => width.matches)
}

/** Whether it is as narrow as a phone now, for what is asked once. */
export const isPhone = () => phone.matches

/** Whether the page is as narrow as a phone, where a table reads better than a graph. */
export const usePhone = following(phone)

/** Whether there is no room for two columns. */
export const useNarrow = following(narrow)
