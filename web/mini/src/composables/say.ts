// Short words to the person: a note that passes, or a question with two answers.
import { t } from '@/messages';
import { useMall } from '@/stores/mall';
import { onPaper } from './theme';
import { asFailure } from './load';

export function say(title: string): void {
  uni.showToast({ title, icon: 'none', duration: title.length > 12 ? 2600 : 1800 });
}

/** Says why something failed, in the server's own sentence. */
export function sayFailure(reason: unknown): void {
  say(asFailure(reason).message);
}

export function ask(question: { title: string; text?: string; yes: string; no?: string }): Promise<boolean> {
  return new Promise((resolve) =>
    uni.showModal({
      title: question.title,
      content: question.text ?? '',
      confirmText: question.yes,
      cancelText: question.no ?? t('common.think'),
      confirmColor: onPaper(useMall().brief?.accent ?? '#2F7D6B'),
      success: (answer) => resolve(answer.confirm),
      fail: () => resolve(false),
    }),
  );
}

export function copy(text: string, told = t('common.copied')): void {
  uni.setClipboardData({ data: text, showToast: false, success: () => say(told) });
}
