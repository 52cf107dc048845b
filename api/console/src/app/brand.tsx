/** The mill wheel over its race. */
export function Wheel({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0b7285" />
      <g fill="none" stroke="#e3fafc" strokeWidth="2.2" strokeLinecap="round">
        <circle cx="16" cy="14" r="8" />
        <path d="M16 6v16M8 14h16M10.4 8.4l11.2 11.2M21.6 8.4 10.4 19.6" />
        <path d="M4 27c2-2 4-2 6 0s4 2 6 0 4-2 6 0 4 2 6 0" />
      </g>
    </svg>
  );
}
