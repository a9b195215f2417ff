// Puts text on the clipboard. Browsers offer it only on secure origins; elsewhere the text is shown instead.

export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    ElMessage.success({ message: done, grouping: true });
  } catch {
    ElMessage.info({ message: text, duration: 10_000, showClose: true, grouping: true });
  }
}
