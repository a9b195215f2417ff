// The question before something that others will notice. It says what will happen, its button is the verb.

export interface Question {
  title: string;
  message: string;
  verb: string;
  danger?: boolean;
}

export async function confirmAction(question: Question): Promise<boolean> {
  try {
    await ElMessageBox.confirm(question.message, question.title, {
      confirmButtonText: question.verb,
      cancelButtonText: '先不',
      confirmButtonType: question.danger ? 'danger' : 'primary',
      autofocus: false,
    });
    return true;
  } catch {
    return false;
  }
}
