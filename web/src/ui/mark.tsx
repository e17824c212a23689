/** The mark: lintel, two columns, lit door. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" color="var(--mark)">
      <g fill="currentColor">
        <rect x="2" y="3.5" width="28" height="5" rx="1" />
        <rect x="4" y="11" width="5" height="18" rx="1" />
        <rect x="23" y="11" width="5" height="18" rx="1" />
      </g>
      <path
        d="M11.500 28.250V16a4.500 4.500 0 0 1 9 0v12.250a.75.75 0 0 1-.75.75h-7.500a.75.75 0 0 1-.75-.75Z"
        fill="var(--lamp)"
      />
    </svg>
  )
}

/** The word, drawn in the strokes of the mark. */
export function Wordmark({ height = 17 }: { height?: number }) {
  return (
    <svg height={height} width={height * 3.29} viewBox="43 3 102 31" aria-hidden="true">
      <g transform="translate(43 2)" fill="none" stroke="currentColor" strokeWidth="3.1">
        <path d="M2.500 9V31" />
        <circle cx="9" cy="17" r="6.5" />
        <circle cx="28.25" cy="17" r="6.5" />
        <path d="M41.250 24.950V9.050M41.250 17.500c0-4.700 2.600-7 7.250-7" />
        <path d="M54 4v15.200c0 2.700 1.300 4.200 4 4.200h1.700M49.800 10.550h9.600" />
        <path d="M64.750 9v15.950" />
        <path d="M81.300 12.300A6.500 6.500 0 1 0 81.300 21.700" />
        <circle cx="92.9" cy="17" r="6.5" />
      </g>
      <rect x="105.6" y="4.3" width="4.3" height="4.3" rx="2.15" fill="currentColor" />
    </svg>
  )
}
