'use client';
/** Names a classification: one the product knows, whose level is settled, or one's own with a level. */
import { useId } from 'react';
import { levelWord } from '#components/shared/sensitivity-tag.tsx';
import { Field } from '#components/ui/field.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { knownLabels, type Level, levels } from '#core/catalog/classification.ts';

export type Classification = { label: string; level: Level };

/** As the API takes it: the level goes along with labels of one's own. */
export function asInput({ label, level }: Classification): { label: string; level?: Level } {
  const name = label.trim();
  return knownLabels[name] ? { label: name } : { label: name, level };
}

type Props = {
  title: string;
  value: Classification;
  onChange: (value: Classification) => void;
  error?: string | undefined;
};

export function ClassificationFields({ title, value, onChange, error }: Props) {
  const listId = useId();
  const known = knownLabels[value.label.trim()];
  return (
    <>
      <Field label={title} error={error}>
        {control => (
          <Input
            {...control}
            autoFocus
            list={listId}
            value={value.label}
            onChange={event => onChange({ ...value, label: event.target.value })}
            placeholder="pii.email"
            pattern="\s*[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}\s*"
            title="Lower case, with dots, such as pii.email"
            maxLength={80}
            autoComplete="off"
            spellCheck={false}
            required
          />
        )}
      </Field>
      <datalist id={listId}>
        {Object.entries(knownLabels).map(([label, { title: meaning }]) => (
          <option key={label} value={label}>
            {meaning}
          </option>
        ))}
      </datalist>
      {known ? (
        <p className="text-muted-foreground">
          {known.title}: {levelWord(known.level).toLowerCase()}.
        </p>
      ) : (
        <Field label="Level" hint="A classification of your own needs one.">
          {control => (
            <Select
              {...control}
              value={value.level}
              onChange={event => onChange({ ...value, level: event.target.value as Level })}
            >
              {levels.map(level => (
                <option key={level} value={level}>
                  {levelWord(level)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </>
  );
}
