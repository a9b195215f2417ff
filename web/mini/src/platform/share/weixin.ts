// WeChat: the menu at the top right, with the title and path that the page itself names.
import { byMenuAndAlbum } from './album';

export const weixin = byMenuAndAlbum;
