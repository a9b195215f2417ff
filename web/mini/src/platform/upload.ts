// Choosing pictures and sending one to the server as multipart field `file`.
import { guestToken } from '@/api/session';
import { read } from '@/api/client';
import type { Upload } from '@/api/types';
import { MALL_CODE, SERVER_ORIGIN, type Sent } from './http';

export function choosePictures(count: number): Promise<string[]> {
  return new Promise((resolve) =>
    uni.chooseImage({
      count,
      sizeType: ['compressed'],
      success: (chosen) => resolve(([] as string[]).concat(chosen.tempFilePaths)),
      fail: () => resolve([]),
    }),
  );
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function uploadPicture(file: string): Promise<Upload> {
  const header: Record<string, string> = { Authorization: `Bearer ${await guestToken()}` };
  if (MALL_CODE) header['X-Mall'] = MALL_CODE;
  const answer = await new Promise<Sent>((resolve) =>
    uni.uploadFile({
      url: `${SERVER_ORIGIN}/api/v1/uploads`,
      filePath: file,
      name: 'file',
      header,
      success: (done) => resolve({ status: done.statusCode, headers: {}, body: parsed(done.data) }),
      fail: () => resolve({ status: 0, headers: {}, body: null }),
    }),
  );
  return read<Upload>(answer);
}
