/** Series colours, told apart by people who see red and green alike. */
export const PALETTE = ['#0f5cc0', '#e08a00', '#2a9d8f', '#475569', '#8a4fbf', '#c2410c'] as const;

export const INK = {
  text: '#16202c',
  soft: '#5b6776',
  faint: '#94a0ae',
  rule: '#d5dbe2',
  hair: '#eef1f4',
  gain: '#0b7a4b',
  loss: '#b42318',
} as const;
