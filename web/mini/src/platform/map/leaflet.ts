// Leaflet and what it is styled by: loaded when the first map is seen, in browsers only.
import * as leaflet from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './leaflet.scss';

export { leaflet };
