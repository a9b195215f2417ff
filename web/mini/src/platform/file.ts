// Fetching a file that only its owner may have. Browsers put it with their downloads; mini programs have no such
// place and hand it to a chat of the owner's choice.
import { storedToken } from '@/api/session';
import { t } from '@/messages';
import { MALL_CODE, SERVER_ORIGIN } from './http';
import { Refusal } from './vendor';

function headers(): Record<string, string> {
  const sent: Record<string, string> = { Authorization: `Bearer ${storedToken.get() ?? ''}` };
  if (MALL_CODE) sent['X-Mall'] = MALL_CODE;
  return sent;
}

const failed = (): Refusal => new Refusal('file.not_fetched', t('platform.save_failed'));

export async function fetchOwnFile(path: string, name: string): Promise<void> {
  // #ifdef H5
  const answer = await fetch(path, { headers: headers() });
  if (!answer.ok) throw failed();
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  // #endif
  // #ifndef H5
  const file = await downloaded(path);
  if (!file) throw failed();
  type Shares = { shareFileMessage?: (file: { filePath: string; fileName: string; fail: () => void }) => void };
  const share = (uni as unknown as Shares).shareFileMessage;
  if (share) share({ filePath: file, fileName: name, fail: () => undefined });
  else uni.saveFile({ tempFilePath: file });
  // #endif
}

/** A file of ours that needs our headers, as something an `<image>` can show; '' when there is none. */
export async function fetchPicture(path: string): Promise<string> {
  // #ifdef H5
  const sent: Record<string, string> = MALL_CODE ? { 'X-Mall': MALL_CODE } : {};
  const answer = await fetch(path, { headers: sent }).catch(() => null);
  return answer?.ok ? URL.createObjectURL(await answer.blob()) : '';
  // #endif
  // #ifndef H5
  return downloaded(path);
  // #endif
}

// #ifndef H5
function downloaded(path: string): Promise<string> {
  return new Promise((resolve) =>
    uni.downloadFile({
      url: SERVER_ORIGIN + path,
      header: headers(),
      success: (done) => resolve(done.statusCode === 200 ? done.tempFilePath : ''),
      fail: () => resolve(''),
    }),
  );
}
// #endif
