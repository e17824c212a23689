import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'

/** From the APIs of the catalog to the page that says how it stands with them. */
export function ApisLink() {
  return (
    <p className="sec small">
      <Link className="link" to={page.apis}>
        All APIs by owner, and who still calls deprecated ones
      </Link>
    </p>
  )
}
