// What asking leave for notices means. Vendors ask the person once per message; a browser cannot be asked.

export type Leave = 'granted' | 'refused';

export interface Notifying {
  offered: boolean;
  /** Must be called by a press. Answers per template; refuses in words where notices do not exist. */
  ask(template_ids: string[]): Promise<Record<string, Leave>>;
}
