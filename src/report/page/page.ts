import type { Gathered } from '../data/gather.ts'
export const renderPage = (_: Gathered, __?: readonly string[]): string => ''
