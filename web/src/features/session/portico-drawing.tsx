import css from './portico-drawing.module.css'

/** The portico at night with its door lit: the drawing of the sign-in page. */
export function PorticoDrawing() {
  return (
    <svg className={css['art']} viewBox="0 0 720 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <defs>
        <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="var(--night)" />
          <stop offset=".72" stopColor="var(--dusk)" />
          <stop offset="1" stopColor="var(--sea)" />
        </linearGradient>
        <linearGradient id="lit" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="var(--lit-high)" />
          <stop offset="1" stopColor="var(--lit-low)" />
        </linearGradient>
        <linearGradient id="spill" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="var(--lamp)" stopOpacity=".62" />
          <stop offset="1" stopColor="var(--lamp)" stopOpacity="0" />
        </linearGradient>
        <radialGradient id="glow">
          <stop offset="0" stopColor="var(--lamp)" stopOpacity=".34" />
          <stop offset="1" stopColor="var(--lamp)" stopOpacity="0" />
        </radialGradient>
      </defs>
      <rect width="720" height="900" fill="url(#sky)" />
      <path
        className={css['grid']}
        d="M0 0V900M51.4 0V900M102.8 0V900M154.2 0V900M205.6 0V900M257 0V900M308.4 0V900M359.8 0V900M411.2 0V900M462.5 0V900M514 0V900M565.4 0V900M616.8 0V900M668.1 0V900M719.6 0V900M0 0H720M0 51.4H720M0 102.8H720M0 154.2H720M0 205.6H720M0 257H720M0 308.4H720M0 359.8H720M0 411.2H720M0 462.5H720M0 514H720M0 565.4H720M0 616.8H720M0 668.1H720M0 719.6H720M0 771H720M0 822.4H720M0 873.8H720"
      />
      <g transform="translate(0 120)">
        <ellipse cx="360" cy="430" rx="360" ry="330" fill="url(#glow)" />
        <g className={css['stone']}>
          <rect x="52" y="118" width="616" height="30" />
          <rect x="66" y="148" width="588" height="40" />
          <path d="M66 161H654M66 175H654" strokeOpacity=".5" />
          {[91, 199, 467, 575].map((x) => (
            <Pillar key={x} x={x} />
          ))}
          <path d="M292 520V330a68 68 0 0 1 136 0V520Z" className={css['arch']} />
        </g>
        <path d="M306 520V332a54 54 0 0 1 108 0V520Z" fill="url(#lit)" />
        <path d="M306 520h108l96 150H210Z" fill="url(#spill)" />
        <g className={css['steps']}>
          <path d="M40 520H306M414 520H680M22 544H288M432 544H698M0 572H270M450 572H720" />
        </g>
        <path
          className={css['measure']}
          d="M52 88H668M52 82v12M668 82v12M360 82v12M700 118V520M694 118h12M694 520h12"
        />
      </g>
    </svg>
  )
}

function Pillar({ x }: { x: number }) {
  return (
    <g>
      <rect x={x} y="196" width="54" height="12" />
      <rect x={x + 5} y="208" width="44" height="300" />
      <path d={`M${x + 16} 212V504M${x + 27} 212V504M${x + 38} 212V504`} />
      <rect x={x} y="508" width="54" height="12" />
    </g>
  )
}
