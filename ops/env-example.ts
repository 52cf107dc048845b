import { loadConfig, SETTINGS, type SettingName } from '../shared/config.ts';

/** The text of `.env.example`: every setting with its meaning and, commented out, its default. */
export function envExample(): string {
  const defaults = loadConfig({}) as Record<string, unknown>;
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const value = name === 'MILLRACE_HOME' ? '.millrace' : String(defaults[name] ?? '');
    return `# ${SETTINGS[name].help}\n# ${name}=${value}\n`;
  });
  return `# Settings of millrace. Copy to .env and take the leading # away from what you change.\n\n${rows.join('\n')}`;
}
