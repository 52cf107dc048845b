import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** One column: figures align right; `wide` ones leave on narrow screens. */
export interface Column<T> {
  title: string;
  unit?: string | undefined;
  figure?: boolean;
  wide?: boolean;
  cell: (row: T) => ReactNode;
}

/** A table that scrolls inside its panel, by finger and by keyboard. */
export function DataTable<T>({
  label,
  rows,
  columns,
  rowKey,
  maxHeight,
  dense = false,
}: {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey: (row: T) => string | number;
  maxHeight?: number;
  dense?: boolean;
}) {
  return (
    <section
      className={dense ? 'scroll dense' : 'scroll'}
      style={{ maxHeight }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
    >
      <Table
        stickyHeader
        highlightOnHover
        verticalSpacing={dense ? 5 : 7}
        horizontalSpacing={dense ? 6 : 'md'}
        aria-label={label}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.title} className={classOf(column)} scope="col">
                {column.title}
                {column.unit && <span className="unit"> {column.unit}</span>}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map((column) => (
                <Table.Td key={column.title} className={classOf(column)}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

const classOf = ({ figure, wide }: { figure?: boolean; wide?: boolean }) =>
  `${figure ? 'figure' : ''} ${wide ? 'wide' : ''}`;
