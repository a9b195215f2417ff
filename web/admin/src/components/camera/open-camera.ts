// Opening a camera, or the words that say what to do when it does not open.

const NOT = {
  insecure: '浏览器只在 https 网址下允许使用摄像头，请用 https 打开后台，或选一张照片识别。',
  unknown: '这个浏览器不支持摄像头，请换用新版 Chrome、Edge 或 Safari，或选一张照片识别。',
  NotAllowedError: '摄像头没有得到允许：请点地址栏左边的图标，把“摄像头”改成“允许”，再点“重试”。',
  NotFoundError: '没有找到摄像头，请接上后点“重试”，或选一张照片识别。',
  NotReadableError: '摄像头正被别的程序占用，请关掉它，再点“重试”。',
  other: '摄像头没有打开，请点“重试”，或选一张照片识别。',
};

/** The camera's picture, or why there is none. */
export async function openCamera(): Promise<MediaStream | string> {
  if (!navigator.mediaDevices?.getUserMedia) return globalThis.isSecureContext ? NOT.unknown : NOT.insecure;
  try {
    const video = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } };
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch (cause) {
    const { name } = cause as DOMException;
    return NOT[name as keyof typeof NOT] ?? NOT.other;
  }
}
