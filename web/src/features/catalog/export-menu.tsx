import { Menu, MenuLabel, MenuLink } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import type { Asker } from './catalog-query.ts'
import type { CatalogSearch } from './catalog-search.ts'
import { exportHref, type ExportFormat } from './export-href.ts'

interface Props extends Opener {
  search: CatalogSearch
  asker: Asker
}

const formats: { format: ExportFormat; name: string; says: string }[] = [
  { format: 'csv', name: 'CSV', says: 'these columns' },
  { format: 'json', name: 'JSON', says: 'whole entities' },
  { format: 'yaml', name: 'YAML', says: 'whole entities' },
]

/** What the filters leave, as a file. */
export function ExportMenu({ search, asker, ...opener }: Props) {
  return (
    <Menu {...opener} end>
      <MenuLabel>What the filters leave</MenuLabel>
      {formats.map(({ format, name, says }) => (
        <MenuLink
          key={format}
          href={exportHref(search, asker, format)}
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
