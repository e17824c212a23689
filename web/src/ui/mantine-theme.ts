import {
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'

const scale = (name: string, from: number): MantineColorsTuple =>
  Array.from({ length: 10 }, (_, i) => `var(--${name}-${i + from})`) as unknown as MantineColorsTuple

/** Mantine computes no colour of ours: what we take from it is painted by modules from tokens. */
const variantColorResolver: VariantColorsResolver = () => ({
  background: 'transparent',
  hover: 'var(--hover)',
  color: 'var(--text)',
  border: '1px solid transparent',
})

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-2)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--surface-2)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-error': 'var(--bad-text)',
    '--mantine-color-anchor': 'var(--brand-text)',
    '--mantine-color-placeholder': 'var(--text-3)',
  },
  light: {},
  dark: {},
})

export const theme = createTheme({
  fontFamily: 'var(--font-ui)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: 'var(--t-12)', sm: 'var(--t-13)', md: 'var(--t-14)', lg: 'var(--t-16)', xl: 'var(--t-18)' },
  lineHeights: { xs: 'var(--lh-12)', sm: 'var(--lh-13)', md: 'var(--lh-14)', lg: 'var(--lh-16)', xl: 'var(--lh-18)' },
  spacing: { xs: 'var(--s-4)', sm: 'var(--s-8)', md: 'var(--s-12)', lg: 'var(--s-16)', xl: 'var(--s-24)' },
  radius: { xs: 'var(--r-4)', sm: 'var(--r-6)', md: 'var(--r-8)', lg: 'var(--r-12)', xl: 'var(--r-16)' },
  defaultRadius: 'sm',
  shadows: { xs: 'var(--sh-1)', sm: 'var(--sh-1)', md: 'var(--sh-2)', lg: 'var(--sh-3)', xl: 'var(--sh-3)' },
  breakpoints: { xs: '24em', sm: '47.5em', md: '75em', lg: '100em', xl: '125em' },
  colors: { lapis: scale('lapis', 0), gray: scale('n', 1), dark: scale('n', 1) },
  white: 'var(--n-0)',
  black: 'var(--n-11)',
  primaryColor: 'lapis',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: false,
  variantColorResolver,
  respectReducedMotion: true,
  cursorType: 'pointer',
  focusRing: 'auto',
})
