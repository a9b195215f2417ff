// Many files on their way at once: two at a time, each with its outcome, the rest goes on when one fails.

import { computed, ref } from 'vue';
import { changeMedia, uploadVideo } from '@/api/content';
import { uploadPicture } from '@/api/goods';
import { asFailure } from '@/app/http';

export interface Upload {
  name: string;
  state: 'waiting' | 'moving' | 'done' | 'failed';
  why: string;
}

const AT_ONCE = 2;
const LARGEST = { picture: 8 * 1024 * 1024, video: 30 * 1024 * 1024 };

/** Why a file is not even sent, or an empty text. */
export function unfit(file: { type: string; size: number }): string {
  if (file.type === 'video/mp4') return file.size > LARGEST.video ? '视频超过 30 MB' : '';
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return '只收 JPG、PNG、WebP 图片和 MP4 视频';
  return file.size > LARGEST.picture ? '图片超过 8 MB' : '';
}

export function useUploads(arrived: () => void) {
  const uploads = ref<Upload[]>([]);
  const total = computed(() => uploads.value.length);
  const ended = computed(() => uploads.value.filter((one) => one.state === 'done' || one.state === 'failed').length);
  const failed = computed(() => uploads.value.filter((one) => one.state === 'failed'));
  const busy = computed(() => ended.value < total.value);

  async function send(file: File, entry: Upload, folder: string | undefined): Promise<void> {
    entry.state = 'moving';
    try {
      const { key } = file.type === 'video/mp4' ? await uploadVideo(file) : await uploadPicture(file);
      if (folder) await changeMedia({ keys: [key], folder });
      entry.state = 'done';
      arrived();
    } catch (thrown) {
      entry.state = 'failed';
      entry.why = asFailure(thrown).message;
    }
  }

  async function add(files: readonly File[], folder?: string): Promise<void> {
    if (!busy.value) uploads.value = [];
    const queue = files.map((file) => {
      const why = unfit(file);
      uploads.value.push({ name: file.name, state: why ? 'failed' : 'waiting', why });
      return { file, entry: uploads.value[uploads.value.length - 1]! };
    });
    const open = queue.filter(({ entry }) => entry.state === 'waiting');
    const worker = async (): Promise<void> => {
      for (let next = open.shift(); next; next = open.shift()) await send(next.file, next.entry, folder);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  return { uploads, total, ended, failed, busy, add };
}
