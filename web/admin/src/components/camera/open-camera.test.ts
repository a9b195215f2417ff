import { afterEach, describe, expect, it, vi } from 'vitest';
import { openCamera } from './open-camera';

const devices = (getUserMedia?: () => Promise<MediaStream>) =>
  vi.stubGlobal('navigator', { mediaDevices: getUserMedia && { getUserMedia } });
const refusing = (name: string) => devices(() => Promise.reject(new DOMException('', name)));

describe('a camera that does not open', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('says what to do', async () => {
    refusing('NotAllowedError');
    expect(await openCamera()).toContain('允许');
    refusing('NotFoundError');
    expect(await openCamera()).toContain('没有找到摄像头');
    refusing('NotReadableError');
    expect(await openCamera()).toContain('占用');
    refusing('AbortError');
    expect(await openCamera()).toContain('重试');
    devices();
    vi.stubGlobal('isSecureContext', false);
    expect(await openCamera()).toContain('https');
    vi.stubGlobal('isSecureContext', true);
    expect(await openCamera()).toContain('浏览器不支持');
  });
});
