// Products, categories, brands, stock, freight and uploads.

import type {
  AdminBrand,
  AdminCategory,
  AdminProduct,
  AdminProductRow,
  BrandInput,
  CategoryInput,
  FreightTemplate,
  FreightTemplateInput,
  Location,
  Movement,
  Page,
  ProductInput,
  Region,
  StockChange,
  StockRow,
  Upload,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listProducts = (query: Query) => call<Page<AdminProductRow>>('GET', '/admin/v1/products', { query });
export const readProduct = (id: string) => call<AdminProduct>('GET', '/admin/v1/products/{id}', { path: { id } });
export const createProduct = (body: ProductInput, idempotency_key: string) =>
  call<AdminProduct>('POST', '/admin/v1/products', { body, idempotency_key });
export const updateProduct = (id: string, body: ProductInput & { version: number }) =>
  call<AdminProduct>('PUT', '/admin/v1/products/{id}', { path: { id }, body });
export const setProductStatus = (id: string, status: string) =>
  call<unknown>('POST', '/admin/v1/products/{id}/status', { path: { id }, body: { status } });
export const binProduct = (id: string) => call<unknown>('DELETE', '/admin/v1/products/{id}', { path: { id } });
export const restoreProduct = (id: string) =>
  call<unknown>('POST', '/admin/v1/products/{id}/restore', { path: { id } });

export const listCategories = () => call<AdminCategory[]>('GET', '/admin/v1/categories');
export const createCategory = (body: CategoryInput) => call<unknown>('POST', '/admin/v1/categories', { body });
export const updateCategory = (id: string, body: CategoryInput) =>
  call<unknown>('PUT', '/admin/v1/categories/{id}', { path: { id }, body });
export const removeCategory = (id: string) => call<unknown>('DELETE', '/admin/v1/categories/{id}', { path: { id } });

export const listBrands = () => call<AdminBrand[]>('GET', '/admin/v1/brands');
export const createBrand = (body: BrandInput) => call<unknown>('POST', '/admin/v1/brands', { body });
export const updateBrand = (id: string, body: BrandInput) =>
  call<unknown>('PUT', '/admin/v1/brands/{id}', { path: { id }, body });
export const removeBrand = (id: string) => call<unknown>('DELETE', '/admin/v1/brands/{id}', { path: { id } });

export const listStock = (query: Query) => call<Page<StockRow>>('GET', '/admin/v1/inventory', { query });
export const changeStock = (body: StockChange, idempotency_key: string) =>
  call<StockRow>('POST', '/admin/v1/inventory/changes', { body, idempotency_key });
export const listMovements = (query: Query) => call<Page<Movement>>('GET', '/admin/v1/inventory/movements', { query });
export const listLocations = () => call<Location[]>('GET', '/admin/v1/locations');

export const listFreightTemplates = () => call<FreightTemplate[]>('GET', '/admin/v1/freight-templates');
export const createFreightTemplate = (body: FreightTemplateInput) =>
  call<FreightTemplate>('POST', '/admin/v1/freight-templates', { body });
export const updateFreightTemplate = (id: string, body: FreightTemplateInput) =>
  call<FreightTemplate>('PUT', '/admin/v1/freight-templates/{id}', { path: { id }, body });
export const removeFreightTemplate = (id: string) =>
  call<unknown>('DELETE', '/admin/v1/freight-templates/{id}', { path: { id } });

export const listRegions = (parent?: string) => call<Region[]>('GET', '/api/v1/regions', { query: { parent } });

/** Stores one picture; the server checks what it is, strips its metadata and makes three sizes. */
export function uploadPicture(file: File): Promise<Upload> {
  const body = new FormData();
  body.append('file', file);
  return call<Upload>('POST', '/admin/v1/uploads', { body });
}
