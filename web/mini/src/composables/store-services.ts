// What a store offers, in words.
import type { StoreService } from '@/api/types';
import { t } from '@/messages';

export const STORE_SERVICES: readonly StoreService[] = [
  'parking',
  'wifi',
  'fitting',
  'gift_wrap',
  'engraving',
  'repair',
  'seating',
  'accessible',
  'nursing',
  'pets',
  'charging',
  'tax_refund',
];

export const serviceText = (service: StoreService): string => t(`member.service_${service}`);
