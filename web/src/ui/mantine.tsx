import '@mantine/core/styles/default-css-variables.css'
import '@mantine/core/styles/UnstyledButton.css'
import { MantineProvider } from '@mantine/core'
import type { ReactNode } from 'react'
import { useColorScheme } from '../lib/color-scheme.ts'
import { cssVariablesResolver, theme } from './mantine-theme.ts'

const nonce = document.querySelector<HTMLMetaElement>('meta[name=portico-nonce]')?.content ?? ''

/**
 * Stands around each piece that is made with Mantine: menu, dialogs, sheet. They are loaded when they are opened, and
 * the library with them, so that no first page waits for it.
 */
export function Mantine({ children }: { children: ReactNode }) {
  const { shown } = useColorScheme()
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      forceColorScheme={shown}
      getStyleNonce={() => nonce}
      deduplicateInlineStyles
    >
      {children}
    </MantineProvider>
  )
}
