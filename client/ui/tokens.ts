/** The colours of tokens.css for those who can't read CSS variables, such as the console's component library and charts. */
export const light = {
  ink: '#14202b',
  muted: '#5b6b7a',
  line: '#e3e8ed',
  paper: '#ffffff',
  ground: '#f5f7f9',
  brand: '#0b6e6e',
  'brand-soft': '#e3f1f0',
  amber: '#e8a317',
  red: '#d64545',
  green: '#2e8b57',
};

export const dark: typeof light = {
  ink: '#e6edf3',
  muted: '#9fb0bf',
  line: '#2a3742',
  paper: '#16202a',
  ground: '#0e151b',
  brand: '#35a7a3',
  'brand-soft': '#12312f',
  amber: '#e8a317',
  red: '#e06363',
  green: '#4cb37a',
};

export const fontFamily = '"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif';
