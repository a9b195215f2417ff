// Baidu's own scanner.
import { byCamera } from './camera';

export const baidu = byCamera;
