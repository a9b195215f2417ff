/** What words-drawer.vue says and asks before a decision. */
export interface WordsPlan {
  title: string;
  /** What it will do, in numbers; empty for what changes nothing. */
  consequence: string;
  placeholder: string;
  /** Sentences to choose from. */
  presets: readonly string[];
  /** Nothing happens without words. */
  required: boolean;
  /** Longest text in characters; 200 when absent. */
  most?: number;
  danger: boolean;
  /** On the button. */
  verb: string;
  /** Said when it is done. */
  done: string;
}
