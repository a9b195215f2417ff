// Baidu: as in WeChat, by the menu at the top right.
import { byMenuAndAlbum } from './album';

export const baidu = byMenuAndAlbum;
