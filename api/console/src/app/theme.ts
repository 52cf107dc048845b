import { createTheme } from '@mantine/core';

/** Teal of mill water; system fonts, so that nothing is fetched. */
export const theme = createTheme({
  colors: {
    dark: [
      '#d8dfe6',
      '#b3bfca',
      '#8c9aa8',
      '#5f6e7d',
      '#33404d',
      '#26323d',
      '#1a232c',
      '#131a21',
      '#0d1217',
      '#080c10',
    ],
  },
  primaryColor: 'teal',
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 'md',
  fontFamily:
    'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  headings: { fontWeight: '600' },
  autoContrast: true,
});
