-- name: lock
select id from continuity_continuityorder
 where id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by id for no key update

-- name: orders
-- The continuity orders of a chunk, with their parents.
select c.id, c.order_id from continuity_continuityorder c
 where c.id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)

-- name: select_to_update
-- Open orders that stand on an older revision of these programs, or on an older tariff than the one that was applied.
select row_number() over (order by d.id), d.id, null::int
  from (select c.id
          from continuity_continuityorder c
          join unnest(%(programs)s::bigint[], %(revisions)s::bigint[]) n(program_id, revision_id)
            on n.program_id = c.program_id
         where c.status = 'open' and c.revision_id <> n.revision_id
         union
        select c.id
          from continuity_continuityorder c
         where c.status = 'open' and c.tariff_id < %(tariff)s
           and (%(of_program)s::bigint is null or c.program_id = %(of_program)s)
           and not exists (select from keeps_tariff k where k.continuity_order_id = c.id)) d
