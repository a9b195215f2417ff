// Products, categories, brands, stock, freight and uploads.

import type {
  BatchChange,
  BrandInput,
  CategoryInput,
  ExportAsked,
  FreightTemplateInput,
  ImportRun,
  LowMark,
  ProductInput,
  ProductStatus,
  QuickEdit,
  StockChange,
  StockTransfer,
  Upload,
} from '@api/types';
import type { Query } from '@api/client';
import { call, fetchFile } from '@/app/http';

export const listProducts = (query: Query) => call('GET', '/admin/v1/products', { query });
export const readProduct = (id: string) => call('GET', '/admin/v1/products/{id}', { path: { id } });
export const createProduct = (body: ProductInput, idempotency_key: string) =>
  call('POST', '/admin/v1/products', { body, idempotency_key });
export const updateProduct = (id: string, body: ProductInput & { version: number }) =>
  call('PUT', '/admin/v1/products/{id}', { path: { id }, body });
export const setProductStatus = (id: string, status: ProductStatus) =>
  call('POST', '/admin/v1/products/{id}/status', { path: { id }, body: { status } });
export const binProduct = (id: string) => call('DELETE', '/admin/v1/products/{id}', { path: { id } });
export const restoreProduct = (id: string) => call('POST', '/admin/v1/products/{id}/restore', { path: { id } });

export const listCategories = () => call('GET', '/admin/v1/categories');
export const createCategory = (body: CategoryInput) => call('POST', '/admin/v1/categories', { body });
export const updateCategory = (id: string, body: CategoryInput) =>
  call('PUT', '/admin/v1/categories/{id}', { path: { id }, body });
export const removeCategory = (id: string) => call('DELETE', '/admin/v1/categories/{id}', { path: { id } });

export const listBrands = () => call('GET', '/admin/v1/brands');
export const createBrand = (body: BrandInput) => call('POST', '/admin/v1/brands', { body });
export const updateBrand = (id: string, body: BrandInput) =>
  call('PUT', '/admin/v1/brands/{id}', { path: { id }, body });
export const removeBrand = (id: string) => call('DELETE', '/admin/v1/brands/{id}', { path: { id } });

export const listStock = (query: Query) => call('GET', '/admin/v1/inventory', { query });
export const changeStock = (body: StockChange, idempotency_key: string) =>
  call('POST', '/admin/v1/inventory/changes', { body, idempotency_key });
export const listMovements = (query: Query) => call('GET', '/admin/v1/inventory/movements', { query });
export const listLocations = () => call('GET', '/admin/v1/locations');

export const listFreightTemplates = () => call('GET', '/admin/v1/freight-templates');
export const createFreightTemplate = (body: FreightTemplateInput) =>
  call('POST', '/admin/v1/freight-templates', { body });
export const updateFreightTemplate = (id: string, body: FreightTemplateInput) =>
  call('PUT', '/admin/v1/freight-templates/{id}', { path: { id }, body });
export const removeFreightTemplate = (id: string) =>
  call('DELETE', '/admin/v1/freight-templates/{id}', { path: { id } });

export const listRegions = (parent?: string) => call('GET', '/api/v1/regions', { query: { parent } });

/** Sends a table and, if it names pictures, their zip; answers the task that tries it out. */
export function checkProductFile(file: File, pictures: File | null) {
  const body = new FormData();
  body.append('file', file);
  if (pictures) body.append('pictures', pictures);
  return call('POST', '/admin/v1/product-imports', { body, timeout_ms: 300_000 });
}
export const runProductImport = (id: string, body: ImportRun) =>
  call('POST', '/admin/v1/product-imports/{id}/run', { path: { id }, body });
export const saveImportTemplate = (format: 'xlsx' | 'csv') =>
  fetchFile(`/admin/v1/product-imports/template?format=${format}`, `商品导入模板.${format}`);
export const exportProducts = (body: ExportAsked) => call('POST', '/admin/v1/products/export', { body });

/** Stores one picture; the server checks what it is, strips its metadata and makes three sizes. */
export function uploadPicture(file: File): Promise<Upload> {
  const body = new FormData();
  body.append('file', file);
  return call('POST', '/admin/v1/uploads', { body });
}

export const previewProductChange = (body: BatchChange) => call('POST', '/admin/v1/products/changes/preview', { body });
export const changeProducts = (body: BatchChange) => call('POST', '/admin/v1/products/changes', { body });
export const quickEditProduct = (id: string, body: QuickEdit) =>
  call('POST', '/admin/v1/products/{id}/quick-edit', { path: { id }, body });
export const copyProduct = (id: string, idempotency_key: string) =>
  call('POST', '/admin/v1/products/{id}/copy', { path: { id }, idempotency_key });
export const suggestAttributes = (id: string) => call('GET', '/admin/v1/categories/{id}/attributes', { path: { id } });
export const arrangeCategories = (places: { id: string; parent_id: string | null }[]) =>
  call('PUT', '/admin/v1/categories/order', { body: { places } });
export const arrangeBrands = (ids: string[]) => call('PUT', '/admin/v1/brands/order', { body: { ids } });

export const transferStock = (body: StockTransfer, idempotency_key: string) =>
  call('POST', '/admin/v1/inventory/transfers', { body, idempotency_key });
export const setLowMarks = (marks: LowMark[]) => call('PUT', '/admin/v1/inventory/low-marks', { body: { marks } });
