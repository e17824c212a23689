import './ui/base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newRouter } from './app/router.tsx'
import { newQueryClient } from './lib/query-client.ts'

const client = newQueryClient()
const router = newRouter(client)

// The code of the page is fetched beside the session, not after it.
const [routes] = router.getMatchedRoutes(window.location.pathname)
for (const route of routes) void router.loadRouteChunk(route)?.catch(() => undefined)

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with the id root')

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
