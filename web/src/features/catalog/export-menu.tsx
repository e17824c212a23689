import { Menu, MenuLabel, MenuLink } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import type { Asker } from './catalog-query.ts'
import type { CatalogSearch } from './catalog-search.ts'
import { exportHref, filtered, formats, type Exported } from './export-href.ts'

interface Props extends Opener {
  of: Exported
  label: string
}

/** Some of the catalog, as a file. */
export function ExportMenu({ of, label, ...opener }: Props) {
  return (
    <Menu {...opener} end>
      <MenuLabel>{label}</MenuLabel>
      {formats.map(({ format, name, says }) => (
        <MenuLink
          key={format}
          href={exportHref(of, format)}
          download
          quiet={says}
          onClick={() => {
            opener.close()
          }}
        >
          {name}
        </MenuLink>
      ))}
    </Menu>
  )
}

/** The whole list, as the filters leave it. */
export function ExportFiltered({ search, asker, ...opener }: Opener & { search: CatalogSearch; asker: Asker }) {
  return <ExportMenu {...opener} of={filtered(search, asker)} label="What the filters leave" />
}
