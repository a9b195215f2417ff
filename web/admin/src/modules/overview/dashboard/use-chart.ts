// One chart in one element: made when it is there, drawn when its data change, resized with its element. Only the parts
// of the chart library that the overview draws with are loaded.

import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue';
import { formatFen, formatFenShort } from '@shared/money';

echarts.use([LineChart, GridComponent, TooltipComponent, SVGRenderer]);

export type Option = Parameters<echarts.ECharts['setOption']>[0];

/** `press` gets the place of the point on the axis that was pressed, anywhere above or below it. */
export function useChart(
  host: Ref<HTMLDivElement | undefined>,
  option: () => Option,
  press?: (index: number) => void,
): void {
  let chart: echarts.ECharts | undefined;
  let watcher: ResizeObserver | undefined;

  onMounted(() => {
    chart = echarts.init(host.value!, null, { renderer: 'svg' });
    chart.setOption(option());
    chart.getZr().on('click', ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
      if (!chart?.containPixel('grid', [offsetX, offsetY])) return;
      const [index] = chart.convertFromPixel({ seriesIndex: 0 }, [offsetX, offsetY]);
      if (typeof index === 'number') press?.(index);
    });
    if (press) chart.getZr().setCursorStyle('pointer');
    watcher = new ResizeObserver(() => chart?.resize());
    watcher.observe(host.value!);
  });
  onBeforeUnmount(() => {
    watcher?.disconnect();
    chart?.dispose();
  });
  watch(option, (next) => chart?.setOption(next));
}

/** A line of money with its name at its end. */
export function moneyLine(name: string, points: number[], color: string, width: number) {
  return {
    name,
    type: 'line' as const,
    data: points,
    showSymbol: false,
    lineStyle: { color, width },
    itemStyle: { color },
    endLabel: { show: true, formatter: name, color, fontSize: 12, distance: 6 },
    labelLayout: { moveOverlap: 'shiftY' as const },
    emphasis: { disabled: true },
  };
}

/** Axes and hover of a curve of money over time. */
export function moneyFrame(points: string[], interval: number) {
  return {
    animation: false,
    grid: { left: 8, right: 48, top: 20, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis' as const,
      valueFormatter: (value: unknown) => (typeof value === 'number' ? formatFen(value) : '—'),
    },
    xAxis: {
      type: 'category' as const,
      boundaryGap: false,
      data: points,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: '#dcd8cf' } },
      axisLabel: { color: '#7d837f', interval },
    },
    yAxis: {
      type: 'value' as const,
      splitNumber: 4,
      axisLabel: { color: '#7d837f', formatter: (fen: number) => formatFenShort(Math.round(fen)) },
      splitLine: { lineStyle: { color: '#efece6' } },
    },
  };
}
