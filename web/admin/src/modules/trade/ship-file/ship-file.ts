// The file as it is sent, and an example to begin with.

export const EXAMPLE = '\uFEFF订单号,快递公司,运单号\n1234567890123456789,顺丰速运,SF1234567890\n';

export function formOf(file: File): FormData {
  const form = new FormData();
  form.append('file', file);
  return form;
}
