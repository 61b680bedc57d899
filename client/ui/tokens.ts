/** The colours of tokens.css for those who can't read CSS variables, such as the console's component library and charts. */
export const light = {
  ink: '#14202b',
  muted: '#5b6b7a',
  line: '#e3e8ed',
  paper: '#ffffff',
  ground: '#f5f7f9',
  edge: '#87949f',
  brand: '#0b6e6e',
  'brand-strong': '#095959',
  'brand-soft': '#e3f1f0',
  'on-brand': '#ffffff',
  amber: '#e8a317',
  'amber-ink': '#7a5200',
  'amber-soft': '#fdf3dc',
  'red-ink': '#b02f2f',
  'red-soft': '#fbe9e9',
  'green-ink': '#1f6f43',
  'green-soft': '#e4f3ea',
};

export const dark: typeof light = {
  ink: '#e6edf3',
  muted: '#9fb0bf',
  line: '#2a3742',
  paper: '#16202a',
  ground: '#0e151b',
  edge: '#6b7c8a',
  brand: '#35a7a3',
  'brand-strong': '#58bdb9',
  'brand-soft': '#12312f',
  'on-brand': '#06201f',
  amber: '#e8a317',
  'amber-ink': '#f0bd55',
  'amber-soft': '#33280f',
  'red-ink': '#f08c8c',
  'red-soft': '#371b1d',
  'green-ink': '#6fcb97',
  'green-soft': '#14301f',
};

export const fontFamily = '"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif';
