/** Our own drawings of kinds: paths on a 16-px grid, stroked in the current colour. */
const kindPaths: Record<string, string> = {
  component: 'M8 2.250 13 5v6l-5 2.750L3 11V5ZM3 5l5 2.750L13 5M8 7.750v6',
  api: 'M5.250 4 1.750 8l3.500 4M10.750 4l3.500 4-3.500 4M8 8h.01',
  resource:
    'M3 4.250C3 3.250 5.250 2.500 8 2.500s5 .75 5 1.750S10.750 6 8 6 3 5.250 3 4.250ZM3 4.250v7.500c0 1 2.250 1.750 5 1.750s5-.75 5-1.750v-7.500M3 8c0 1 2.250 1.750 5 1.750S13 9 13 8',
  system: 'M2.500 2.500h4.500V7H2.500ZM9 2.500h4.500V7H9ZM2.500 9h4.500v4.500H2.500ZM9 9h4.500v4.500H9Z',
  domain: 'M2.500 2.500h11v11h-11ZM5.750 5.750h4.500v4.500h-4.500Z',
  group:
    'M6 7.250A2.250 2.250 0 1 0 6 2.750a2.250 2.250 0 0 0 0 4.500ZM1.750 13.250c.4-2.500 2-3.750 4.250-3.750s3.850 1.250 4.250 3.750M10.500 3a2.250 2.250 0 0 1 0 4.100M11.750 9.750c1.450.45 2.250 1.650 2.500 3.500',
  user: 'M8 7.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM3 13.500c.5-2.700 2.500-4 5-4s4.500 1.300 5 4',
  template: 'M3 2.500h10v11H3ZM5.500 5.500h5M5.500 8h5M5.500 10.500h2.500',
  location:
    'M8 14s4.500-4 4.500-7.250a4.500 4.500 0 0 0-9 0C3.500 10 8 14 8 14ZM8 8.250a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3Z',
  // Kinds of one's own are plugins' or the company's: one plug for all of them.
  plugin: 'M6 2.500v3M10 2.500v3M4 5.500h8v2.250a4 4 0 0 1-8 0ZM8 11.750v2',
}

export function kindPath(kind: string): string {
  return kindPaths[kind] ?? kindPaths['plugin'] ?? ''
}

export function hasGlyph(kind: string): boolean {
  return kind in kindPaths
}
