/** The groups of the simulated day and the banks they use. */
import type { GroupPlan } from '../group-plan.js'
import { ASIA_PACIFIC } from './asia-pacific.js'
import { EUROPE } from './europe.js'
import { NORTH_AMERICA } from './north-america.js'
import { TREASURY_CENTRE } from './treasury-centre.js'

/** In the order in which their files are written. */
export const GROUPS: readonly GroupPlan[] = [ASIA_PACIFIC, EUROPE, NORTH_AMERICA, TREASURY_CENTRE]

/** Invented names; any likeness to a bank is chance. */
export const BANKS: Readonly<Record<string, string>> = {
  AMSTEL: 'Amstel Bank NV',
  DARLING: 'Darling River Bank',
  FUJIMI: 'Fujimi Bank',
  HANSE: 'Hansekontor Bank AG',
  HELVETIA: 'Kantonale Handelsbank',
  HUDSON: 'Hudson Valley Trust',
  LAKESHORE: 'Lakeshore National Bank',
  SAGUENAY: 'Caisse du Saguenay',
  MAPLE: 'Maple Leaf Bank',
  MERCIA: 'Mercia Bank plc',
  MERLION: 'Merlion Bank',
  MURRAY: 'Murray River Bank',
  SAKURA: 'Sakuragaoka Bank',
  SEINE: 'Banque de la Seine',
  STRAITS: 'Straits Commercial Bank',
  THAMES: 'Thameside Bank plc',
}
