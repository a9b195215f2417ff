// Choosing province, city, district and street.
import type { Translation } from '../index';

export default {
  title: 'Choose a region',
  province: 'Province',
  city: 'City',
  district: 'District',
  street: 'Street',
  skip: 'Skip the street',
} satisfies Translation<'region'>;
