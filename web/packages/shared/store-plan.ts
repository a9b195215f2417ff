// Stores on a map, drawn with Leaflet, which is handed in: each front end brings its own copy when a map is first seen.
// Without a source of tiles it is a plan: where the stores lie to each other, with a scale, and no other host is asked.

import type * as Leaflet from 'leaflet';
import { fromGcj02, toGcj02, type Place } from './places';

/** As the mall's settings name it. */
export interface TileSource {
  tiles: string;
  credit?: string;
  wgs84?: boolean;
}

export interface PlanSpot extends Place {
  id: string;
  name: string;
}

export interface PlanOptions {
  source: TileSource | null;
  spots: readonly PlanSpot[];
  /** Said for the two buttons. */
  closer: string;
  further: string;
  picked?: (id: string) => void;
  /** The only spot can be moved by dragging it, or by pressing another place. */
  moved?: (place: Place) => void;
  /** Tiles could not be loaded: the plan stands in. */
  lost?: () => void;
}

export interface Plan {
  pick(id: string | null): void;
  move(place: Place): void;
  remove(): void;
}

const CLOSE = 16;

export function drawPlan(leaflet: typeof Leaflet, host: HTMLElement, options: PlanOptions): Plan {
  const { source } = options;
  // Tiles of ours and those made for the mainland are drawn in GCJ-02, as places are kept.
  const onMap = (place: Place): [number, number] => {
    const { lat, lng } = source?.wgs84 ? fromGcj02(place) : place;
    return [lat, lng];
  };
  const offMap = ({ lat, lng }: Place): Place => (source?.wgs84 ? toGcj02({ lat, lng }) : { lat, lng });

  const map = leaflet.map(host, { zoomControl: false, attributionControl: false, scrollWheelZoom: false });
  leaflet.control
    .zoom({ position: 'bottomright', zoomInTitle: options.closer, zoomOutTitle: options.further })
    .addTo(map);
  leaflet.control.scale({ imperial: false, position: 'bottomleft' }).addTo(map);
  if (source) {
    const layer = leaflet.tileLayer(source.tiles, { maxZoom: 18, crossOrigin: false });
    let lost = false;
    layer.on('tileerror', () => {
      if (!lost) options.lost?.();
      lost = true;
    });
    layer.addTo(map);
    if (source.credit) leaflet.control.attribution({ prefix: false }).addAttribution(escaped(source.credit)).addTo(map);
  }

  const markers = new Map<string, Leaflet.Marker>();
  for (const spot of options.spots) {
    const icon = leaflet.divIcon({
      className: 'plan-spot',
      html: `<i></i><b>${escaped(spot.name)}</b>`,
      iconSize: [0, 0],
    });
    const marker = leaflet.marker(onMap(spot), { icon, title: spot.name, draggable: !!options.moved, keyboard: true });
    marker.on('click keypress', () => options.picked?.(spot.id));
    marker.on('dragend', () => options.moved?.(offMap(marker.getLatLng())));
    marker.addTo(map);
    markers.set(spot.id, marker);
  }
  if (options.moved) {
    map.on('click', (event: Leaflet.LeafletMouseEvent) => {
      const only = [...markers.values()][0];
      only?.setLatLng(event.latlng);
      options.moved?.(offMap(event.latlng));
    });
  }

  const places = options.spots.map(onMap);
  if (places.length === 1) map.setView(places[0]!, CLOSE);
  else if (places.length) map.fitBounds(leaflet.latLngBounds(places), { padding: [48, 48], maxZoom: CLOSE });
  else map.setView([30.25, 120.16], 11);

  let picked: string | null = null;
  return {
    pick(id) {
      if (picked) markers.get(picked)?.getElement()?.classList.remove('plan-spot--on');
      picked = id;
      const marker = id ? markers.get(id) : undefined;
      marker?.getElement()?.classList.add('plan-spot--on');
      if (marker) map.panTo(marker.getLatLng());
    },
    move(place) {
      const only = [...markers.values()][0];
      only?.setLatLng(onMap(place));
      map.panTo(onMap(place));
    },
    remove: () => void map.remove(),
  };
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
